"""Recovery from an outage: what it delayed and dropped, then a resumable checklist, as the start of a region is one."""
