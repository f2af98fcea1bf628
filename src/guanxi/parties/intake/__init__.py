"""Records come in: sources described, first looked at, mapped, loaded, every version kept."""
