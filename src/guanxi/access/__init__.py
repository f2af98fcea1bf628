"""Who is it, may they: staff in the office, customers on channels, terminals, audit."""
