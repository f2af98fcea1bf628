"""From a party as a business system has it to a form in which records can be compared. Pure: no input or output."""
