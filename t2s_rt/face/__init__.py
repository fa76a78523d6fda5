"""Actions to ARKit 52 to FLAME, and the embedded head."""
