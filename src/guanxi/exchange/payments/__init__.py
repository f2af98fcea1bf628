"""Payment files of corporate customers: taken in, checked, carried out payment by payment, reported on."""
