"""The formats that ``bench`` writes: the one part of ``reports`` that it imports."""
