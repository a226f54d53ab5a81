"""What happens to music on its way to a listener: codecs, noise, rooms, speed, speech."""

import fractions
import pathlib
import subprocess
import tempfile

import numpy as np
import scipy.signal
import soundfile


def resampled(samples, rate, wanted):
    if rate == wanted:
        return samples
    common = np.gcd(int(rate), int(wanted))
    return scipy.signal.resample_poly(samples, wanted // common, rate // common)


def through(samples, rate, *commands):
    """Through programs that read one file and write another; `{0}` is the input, `{1}` the output."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        names = [folder / f"{i}{ending}" for i, (ending, _) in enumerate(commands)]
        before = folder / "in.wav"
        peak = np.max(np.abs(samples), initial=1e-9)
        gain = min(1, 0.7 / peak)
        soundfile.write(before, samples * gain, rate, subtype="PCM_16")
        for name, (_, command) in zip(names, commands):
            words = [w.format(before, name) for w in command]
            subprocess.run(words, check=True, capture_output=True)
            before = name
        result, rate = soundfile.read(before, always_2d=True)
    return result.mean(axis=1) / gain, rate


def mp3(samples, rate, numbers, speech, kilobits):
    command = ["lame", "--quiet", "-m", "m", "-b", str(kilobits), "{0}", "{1}"]
    decode = ["lame", "--quiet", "--decode", "{0}", "{1}"]
    result, decoded_rate = through(samples, rate, (".mp3", command), (".wav", decode))
    return without_delay(samples, rate, result, decoded_rate), decoded_rate


def without_delay(samples, rate, result, result_rate):
    """The result without what the codec put before it, so that it begins where the samples do."""
    both = [resampled(x, r, 8000) for x, r in ((samples, rate), (result, result_rate))]
    correlation = scipy.signal.correlate(both[1], both[0], mode="full", method="fft")
    middle = len(both[0]) - 1
    delay = int(np.argmax(correlation[middle : middle + 1600])) / 8000
    return result[round(delay * result_rate) :]


def telephone(samples, rate, numbers, speech):
    narrow = resampled(samples, rate, 8000)
    band = scipy.signal.butter(4, [300, 3400], "bandpass", fs=8000, output="sos")
    return mp3(scipy.signal.sosfilt(band, narrow), 8000, numbers, speech, 16)


def coloured(count, numbers, power):
    """Noise whose power falls with frequency to this power: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(numbers.standard_normal(count))
    frequencies = np.maximum(np.arange(len(spectrum)), count / 1000)
    return np.fft.irfft(spectrum / frequencies ** (power / 2), count)


def mixed(samples, other, decibels):
    gain = np.sqrt(np.mean(samples**2) / np.mean(other**2)) * 10 ** (-decibels / 20)
    return samples + gain * other


def noise(samples, rate, numbers, speech, decibels):
    """White, pink, or a crowd of eight voices, each as often."""
    kind = numbers.integers(3 if speech.paths else 2)
    if kind == 2:
        other = sum(speech.stretch(len(samples), rate) for _ in range(8))
    else:
        other = coloured(len(samples), numbers, kind)
    return mixed(samples, other, decibels), rate


def room(samples, rate, numbers, speech):
    """A direct impulse and an exponential tail of as much energy; t60 0.2 … 1 s."""
    t60 = numbers.uniform(0.2, 1)
    times = np.arange(int(t60 * rate)) / rate
    tail = numbers.standard_normal(len(times)) * 10 ** (-3 * times / t60)
    tail[: int(0.002 * rate)] = 0
    response = tail / np.sqrt(np.sum(tail**2))
    response[0] += 1
    return scipy.signal.fftconvolve(samples, response)[: len(samples)], rate


def speed(samples, rate, numbers, speech, factor):
    ratio = fractions.Fraction(1 / factor).limit_denominator(1000)
    return scipy.signal.resample_poly(samples, ratio.numerator, ratio.denominator), rate


def tempo(samples, rate, numbers, speech, factor):
    return through(samples, rate, (".wav", ["sox", "{0}", "{1}", "tempo", "-m", str(factor)]))


def pitch(samples, rate, numbers, speech, cents):
    return through(samples, rate, (".wav", ["sox", "{0}", "{1}", "pitch", str(cents)]))


def under_speech(samples, rate, numbers, speech, decibels):
    if not speech.paths:
        return samples, rate
    return mixed(samples, speech.stretch(len(samples), rate), decibels), rate


class Speech:
    """Stretches of speech, put together from short files."""

    def __init__(self, paths, source):
        self.paths = paths
        self.source = source

    def stretch(self, count, rate):
        pieces = []
        total = 0
        while total < count:
            samples, own = soundfile.read(self.source.choice(self.paths), always_2d=True)
            piece = resampled(samples.mean(axis=1), own, rate)
            pieces.append(piece / (np.sqrt(np.mean(piece**2)) + 1e-9))
            total += len(piece)
        return np.concatenate(pieces)[:count]


EFFECTS = dict(
    mp3=mp3, telephone=telephone, noise=noise, room=room, speed=speed, tempo=tempo, pitch=pitch,
    speech=under_speech,
)


def apply(effect, samples, rate, numbers, speech, *arguments):
    return EFFECTS[effect](samples, rate, numbers, speech, *arguments)
