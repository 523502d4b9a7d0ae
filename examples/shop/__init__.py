"""A small shop: an orders API that is almost honest, and five clients that rely on more than it promises."""
