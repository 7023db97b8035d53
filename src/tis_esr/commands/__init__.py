"""The commands of tis-esr: what each does, for people and for scripts."""
