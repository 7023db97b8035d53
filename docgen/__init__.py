"""Makes the pages of ``docs/reference`` that follow from the program, and runs the commands that pages show."""
