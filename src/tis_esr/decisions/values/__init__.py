"""Values in TIS's form and in ESR's: cleaning, code lists, and the limits of TIS's fields."""
