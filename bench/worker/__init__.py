"""What runs inside the process of an experiment, and alone imports Keras and the backends."""
