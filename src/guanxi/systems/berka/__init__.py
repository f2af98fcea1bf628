"""Import of a real bank: the Czech data of the PKDD '99 challenge (Berka and Sochorova, 1999)."""
