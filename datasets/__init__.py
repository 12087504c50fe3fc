"""The data: public files to arrays, and generated stand-ins for machines without them."""
