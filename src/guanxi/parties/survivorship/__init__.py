"""Which source's word stands in the golden record, field by field, why, and what the others say."""
