"""How the tables of the redactor's attribute engine were made, from openly licensed sources."""
