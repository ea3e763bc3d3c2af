import pytest

from elman.errors import DataError
from elman.lab.settings import Settings, read_settings


def test_words_give_settings_of_the_training_and_of_the_tasks():
    words = ["batch_size=64, learning_rate=1e-2", "clip_norm=None", "standardise=false"]
    found = read_settings(words, ["standardise"])
    training = {"batch_size": 64, "learning_rate": 0.01, "clip_norm": None}
    assert found == Settings(training, {"standardise": False})
    assert read_settings(["optimizer=sgd"], []).training == {"optimizer": "sgd"}


def test_later_words_win():
    assert read_settings(["batch_size=64", "batch_size=8"], []).training == {"batch_size": 8}


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("batch_size", "Write NAME=VALUE"),
        ("=3", "Write NAME=VALUE"),
        ("batch_size=", "Write NAME=VALUE"),
        ("batchsize=3", "did you mean 'batch_size'?"),
        ("length=3", "Use --lengths"),
        ("seed=3", "Use --seeds"),
    ],
)
def test_what_is_no_setting_is_told(word, message):
    with pytest.raises(DataError, match="(?s)" + message):
        read_settings([word], ["length"])
