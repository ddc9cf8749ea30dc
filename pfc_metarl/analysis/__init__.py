"""What recordings show. Each module stands alone; none needs torch but `dynamics`, which evaluates the network."""
