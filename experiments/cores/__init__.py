"""Plain, GRU and LSTM networks on the same tasks."""
