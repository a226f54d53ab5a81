"""What the library holds: each file's sound, format and group."""

from dataclasses import dataclass
from typing import Callable

import ensembles as e
import environment as env
import instruments as i
import synth


@dataclass(frozen=True)
class Sample:
    file: str
    """Path below Audio/; its extension names the codec."""
    what: str
    made: str
    """fluidsynth, espeak-ng or formula."""
    make: Callable
    """MIDI bytes, (voice, text, speed) or a float array, by `made`."""
    rate: int
    channels: int
    group: str
    """Files of one group sound alike to a person."""
    title: str
    seconds: float | None = None
    """Cut here, with a fade; None keeps the length."""
    bits: int = 16


def fluid(file, what, make, rate, channels, group, seconds=None, bits=16, title=None):
    return Sample(file, what, "fluidsynth", make, rate, channels, group, title or what, seconds, bits)


def formula(file, what, make, rate, channels, group, bits=16):
    return Sample(file, what, "formula", make, rate, channels, group, what, None, bits)


def spoken(file, what, voice, text, rate, group="speech", speed=150):
    return Sample(file, what, "espeak-ng", lambda: (voice, text, speed), rate, 1, group, what)


INSTRUMENTS = [
    fluid("instruments/piano-waltz.flac", "Piano: waltz", i.piano_waltz, 44_100, 2, "piano"),
    fluid("instruments/piano-waltz.mp3", "Piano: waltz", i.piano_waltz, 44_100, 2, "piano"),
    fluid("instruments/piano-nocturne.ogg", "Piano: nocturne", i.piano_nocturne, 44_100, 2, "piano"),
    fluid("instruments/piano-ragtime.opus", "Piano: ragtime", i.piano_ragtime, 48_000, 2, "piano"),
    fluid("instruments/guitar-arpeggios.ogg", "Guitar: arpeggios", i.guitar_arpeggios, 44_100, 2, "guitar"),
    fluid("instruments/guitar-folk.flac", "Guitar: folk tune", i.guitar_folk, 32_000, 1, "guitar"),
    fluid("instruments/strings-chorale.opus", "Strings: chorale", i.strings_chorale, 48_000, 2, "strings"),
    fluid("instruments/strings-lament.mp3", "Strings: lament", i.strings_lament, 44_100, 2, "strings"),
    fluid("instruments/flute-air.ogg", "Flute: air", lambda: i.air(73), 44_100, 1, "flute"),
    fluid("instruments/flute-dance.flac", "Flute: dance", i.flute_dance, 44_100, 1, "flute"),
    fluid("instruments/violin-air.ogg", "Violin: air", lambda: i.air(40), 44_100, 1, "violin"),
    fluid("instruments/trumpet-air.opus", "Trumpet: air", lambda: i.air(56), 48_000, 1, "trumpet"),
    fluid("instruments/trumpet-fanfare.mp3", "Trumpet: fanfare", i.trumpet_fanfare, 48_000, 2, "trumpet"),
    fluid("instruments/sax-ballad.ogg", "Tenor saxophone: ballad", i.sax_ballad, 44_100, 2, "saxophone"),
    fluid("instruments/sax-riff.aiff", "Tenor saxophone: riff", i.sax_riff, 22_050, 1, "saxophone"),
    fluid("instruments/organ-chorale.flac", "Church organ: chorale", i.organ_chorale, 32_000, 1, "organ"),
    fluid("instruments/organ-toccata.ogg", "Church organ: toccata", i.organ_toccata, 48_000, 2, "organ"),
    fluid("instruments/bass-walk.wav", "Double bass: walking line", i.bass_walk, 16_000, 1, "bass"),
    fluid("instruments/bass-groove.mp3", "Electric bass: groove", i.bass_groove, 32_000, 1, "bass"),
    fluid("instruments/marimba-pattern.flac", "Marimba: pattern", i.marimba_pattern, 96_000, 1, "marimba", 4.5, 24),
    fluid("instruments/marimba-run.opus", "Marimba: run", i.marimba_run, 48_000, 2, "marimba"),
]

MUSIC = [
    fluid("music/jazz-trio-1.ogg", "Jazz trio I", lambda: e.jazz_trio(1), 44_100, 2, "jazz"),
    fluid("music/jazz-trio-2.mp3", "Jazz trio II", lambda: e.jazz_trio(2), 44_100, 2, "jazz"),
    fluid("music/waltz.ogg", "Ballroom waltz", e.waltz, 44_100, 2, "waltz"),
    formula("music/techno-1.ogg", "Techno loop I", lambda: e.techno(1), 44_100, 1, "techno"),
    formula("music/techno-2.flac", "Techno loop II", lambda: e.techno(2), 44_100, 1, "techno"),
    formula("music/chiptune-1.wav", "Chiptune I", lambda: e.chiptune(1), 22_050, 1, "chiptune"),
    formula("music/chiptune-2.opus", "Chiptune II", lambda: e.chiptune(2), 48_000, 1, "chiptune"),
    fluid("music/pad-warm.opus", "Ambient pad", e.pad_warm, 48_000, 2, "ambient", 14),
    formula("music/pad-drone.ogg", "Ambient drone", e.pad_drone, 44_100, 2, "ambient"),
]

DRUMS = [
    formula("drums/kick-1.wav", "Kick, deep", lambda: synth.kick(48, 0.45), 44_100, 1, "kick", 24),
    formula("drums/kick-2.flac", "Kick, tight", lambda: synth.kick(62, 0.3), 48_000, 1, "kick"),
    formula("drums/snare-1.wav", "Snare, low", lambda: synth.snare(185, 5), 44_100, 1, "snare"),
    formula("drums/snare-2.aiff", "Snare, high", lambda: synth.snare(230, 6), 44_100, 1, "snare"),
    formula("drums/hihat-closed.wav", "Hi-hat, closed", lambda: synth.hat(0.08, 7), 96_000, 1, "hihat"),
    formula("drums/hihat-open.flac", "Hi-hat, open", lambda: synth.hat(0.45, 8), 44_100, 1, "hihat"),
    fluid("drums/loop-rock.ogg", "Drum loop, rock", lambda: e.drum_loop("rock"), 44_100, 2, "drum loop"),
    fluid("drums/loop-funk.flac", "Drum loop, funk", lambda: e.drum_loop("funk"), 32_000, 1, "drum loop"),
]

SPEECH = [
    spoken("speech/english-1.wav", "English, a man", "en-gb",
           "The ferry leaves at a quarter past nine. Please keep your ticket until you reach the island.", 16_000),
    spoken("speech/english-2.opus", "English, a woman", "en-us+f3",
           "Tomorrow will be cloudy in the morning, with some sun in the afternoon and a light wind from the west.", 48_000),
    spoken("speech/german.ogg", "German", "de",
           "Der Zug nach Süden fährt heute von Gleis vier. Wir bitten um Ihr Verständnis.", 22_050),
    spoken("speech/french.mp3", "French", "fr-fr",
           "Le marché ouvre à sept heures; on y trouve du pain, du fromage et des fleurs.", 22_050),
    spoken("speech/spanish-telephone.wav", "Spanish, over a telephone", "es",
           "Ha llamado usted fuera del horario de atención. Deje su mensaje después de la señal.", 8_000),
]

ENVIRONMENT = [
    formula("environment/rain-light.ogg", "Light rain", lambda: env.rain(8, 90, 0.10, 300), 44_100, 2, "rain"),
    formula("environment/rain-heavy.mp3", "Heavy rain", lambda: env.rain(8, 900, 0.5, 310), 44_100, 2, "rain"),
    formula("environment/wind.ogg", "Wind", lambda: env.wind(10, 320), 32_000, 1, "wind"),
    formula("environment/sea.opus", "Sea waves", lambda: env.sea(13, 330), 48_000, 2, "sea"),
    formula("environment/crickets.flac", "Crickets", lambda: env.crickets(6, 340), 22_050, 1, "crickets"),
    formula("environment/birds-trill.ogg", "Birds, trilling", lambda: env.birds(8, 1, 350), 44_100, 1, "birds"),
    formula("environment/birds-call.wav", "Birds, calling", lambda: env.birds(7, 2, 360), 22_050, 1, "birds"),
    formula("environment/siren-wail.mp3", "Siren, wailing", lambda: env.siren(8, 1), 44_100, 1, "siren"),
    formula("environment/siren-two-tone.ogg", "Siren, two tones", lambda: env.siren(7, 2), 22_050, 1, "siren"),
    formula("environment/clock.wav", "Clock", lambda: env.clock(5, 370), 16_000, 1, "clock"),
    formula("environment/engine-idle.aiff", "Engine, idling", lambda: env.engine(5, False, 380), 16_000, 1, "engine"),
    formula("environment/engine-revving.ogg", "Engine, revving", lambda: env.engine(8, True, 390), 44_100, 1, "engine"),
    formula("environment/fire.opus", "Fire", lambda: env.fire(8, 400), 48_000, 1, "fire"),
    formula("environment/thunder.ogg", "Thunder", lambda: env.thunder(9, 410), 44_100, 1, "thunder"),
    formula("environment/footsteps-gravel.ogg", "Footsteps on gravel", lambda: env.footsteps(6, "gravel", 420), 44_100, 1, "footsteps"),
    formula("environment/footsteps-wood.mp3", "Footsteps on wood", lambda: env.footsteps(6, "wood", 430), 44_100, 1, "footsteps"),
]

SAMPLES = INSTRUMENTS + MUSIC + DRUMS + SPEECH + ENVIRONMENT

# The same samples under other tags, or in another container: two files, one recording.
COPIES = [
    ("instruments/guitar-folk.flac", "instruments/guitar-folk-retagged.flac", "Folk tune (another title)"),
]
