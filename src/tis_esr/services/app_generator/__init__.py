"""AppGenerator: generates the applicant records of each matched position."""
