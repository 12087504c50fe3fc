"""A network of `keras.applications`, without its weights, on small pictures."""

import keras


def build() -> keras.Model:
    """Return MobileNetV2 for 10 classes of pictures ``(32, 32, 3)``, giving logits."""
    model = keras.applications.MobileNetV2(
        input_shape=(32, 32, 3), weights=None, classes=10, classifier_activation=None
    )
    model.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model
