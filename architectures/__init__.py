"""The networks under comparison. Keras is imported only when one of them is built."""
