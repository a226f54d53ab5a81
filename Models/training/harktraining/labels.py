"""Labels that file names give for free: drum pieces and instruments of one-shot samples."""

import re

# Tried in order; the first pattern that a lower-case path matches names the label. Words are bounded
# by anything that is no letter, so that `tom` is not found in `bottom`.
_PATTERNS = [
    ("cross stick", r"side ?stick|rim ?shot|rim|cross ?stick|stick"),
    ("hi-hat open", r"(open|half|semi).{0,12}(hi ?hat|hat|hh)|(hi ?hat|hat|hh).{0,12}(open|half|semi)|hho|ohh?|hat o"),
    ("hi-hat pedal", r"(pedal|foot).{0,12}(hi ?hat|hat|hh)|(hi ?hat|hat|hh).{0,12}(pedal|foot|chick)|hhp"),
    ("hi-hat closed", r"hi ?hat|hihats?|hats?|hhc?|chh?|closedhh|hhclosed"),
    ("kick", r"kick|kik|kicks|bass ?drum|bassdrum|bd|kickdrum"),
    ("snare", r"snare|snares|snr|sd|snaredrum|sn"),
    ("clap", r"clap|claps|handclap|hand clap|cp"),
    ("crash", r"crash|crsh"),
    ("ride", r"ride|rides|rd|ridebell"),
    ("china or splash", r"splash|china"),
    ("cymbal", r"cymbal|cymb|cym|cy"),
    ("tom", r"toms?|floor ?tom|lowtom|midtom|hightom|hitom|tomtom|lt|mt|ht"),
    ("cowbell", r"cow ?bell|cb"),
    ("conga or bongo", r"congas?|bongos?|tumba|quinto"),
    ("tabla", r"tablas?"),
    ("shaker", r"shaker|maracas?|cabasa|shake"),
    ("tambourine", r"tambourine|tamb|tambo"),
    ("triangle", r"triangle"),
    ("clave or block", r"claves?|wood ?block|woodblock|block"),
    ("timbale", r"timbales?"),
    ("guiro", r"guiro"),
    ("bass", r"bass|bassline|upright"),
    ("piano", r"piano|rhodes"),
    ("guitar", r"guitars?|gtr"),
    ("organ", r"organ"),
    ("strings", r"violin|cello|strings|viola"),
    ("brass", r"trumpet|horn|trombone|brass|tuba"),
    ("flute", r"flutes?|pan ?flute"),
    ("voice", r"choir|vox|voice|ooh|aah"),
    ("bell", r"bells?|chimes?|glockenspiel|gong"),
    ("marimba or vibraphone", r"marimba|vibraphone|xylophone|kalimba"),
]
_COMPILED = [(label, re.compile(rf"(?<![a-z])(?:{pattern})(?![a-z])")) for label, pattern in _PATTERNS]

NAMES = [label for label, _ in _PATTERNS]


def label_of(path):
    """The label that a one-shot's name gives, or, where it gives none, its folder's; else empty.

    The rest of the path is a kit's name, which says nothing (`Classic-626/`, `Bass Station/`).
    """
    parts = [part.lower() for part in str(path).replace("\\", "/").split("/")]
    name = parts[-1].rsplit(".", 1)[0]
    for text in [name, *parts[-2:-1]]:
        words = re.sub(r"[_\-.]+", " ", re.sub(r"\d+", " ", text))
        for label, pattern in _COMPILED:
            if pattern.search(words):
                return label
    return ""
