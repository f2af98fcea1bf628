"""Fields and kinds of records that staff define on screen: what they are, how they are kept, checked and filtered."""
