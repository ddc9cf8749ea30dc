"""What recordings show. Each module stands alone; none needs torch."""
