"""The phrases that captions use for backgrounds, motions, plates and sounds.

The words for icons are in `icons`, those for speech in `sentences`.
"""

BACKGROUND_PHRASES = {
    "beach": ("on a beach", "on the sand by the sea", "at the seaside"),
    "night": ("at night", "under the stars", "in the night sky"),
    "forest": ("in a forest", "in the woods", "among the trees"),
    "city": ("in a city", "in a street in town", "between tall buildings"),
    "desert": ("in the desert", "among the pyramids", "in front of sand dunes"),
    "snow": ("in the snow", "in front of snowy mountains", "in a winter landscape"),
    "underwater": ("under water", "at the bottom of the sea", "in the deep sea"),
    "meadow": ("in a meadow", "on a green field", "on the grass among flowers"),
    "room": ("in a room", "inside a house", "in front of a window with curtains"),
    "sunset": ("at sunset", "in front of the setting sun", "at dusk by the sea"),
    "theatre": ("on a stage", "in a theatre", "in front of a red curtain"),
    "rainbow": ("under a rainbow", "in front of a rainbow", "with a rainbow in the sky"),
}
MOTION_PHRASES = {
    "still": ("standing still", "that does not move"),
    "left": ("moving to the left", "going left"),
    "right": ("moving to the right", "going right"),
    "up": ("rising", "moving up"),
    "down": ("sinking", "moving down"),
    "circle": ("going round in circles", "circling"),
    "bounce": ("bouncing", "hopping up and down"),
    "grow": ("growing", "getting bigger"),
}
PLATE_NAMES = {"disc": ("disc", "circle"), "square": ("square", "tile")}
SOUND_CLAUSES = {
    "bell": ("a bell rings", "a bell is ringing", "a bell tolls"),
    "siren": ("a siren wails", "a siren is howling", "an ambulance is heard"),
    "bark": ("a dog barks", "a dog is barking", "there is barking"),
    "meow": ("a cat meows", "a cat is meowing", "there is meowing"),
    "rain": ("rain falls", "it is raining", "raindrops patter"),
    "drum": ("a drum beats", "someone plays the drums", "drums are playing"),
    "engine": ("an engine runs", "a motor is running", "an engine rumbles"),
    "birds": ("birds sing", "birds are chirping", "a bird twitters"),
    "telephone": ("a telephone rings", "a phone is ringing", "someone is calling by phone"),
    "ticking": ("a clock ticks", "a clock is ticking", "a watch goes tick tock"),
    "whistle": ("a whistle blows", "someone blows a whistle", "a referee whistles"),
    "applause": ("people applaud", "an audience claps", "people are clapping"),
    "knocking": ("someone knocks on a door", "there is a knock at the door", "a door is knocked on"),
    "thunder": ("thunder rolls", "there is thunder", "a thunderstorm rumbles"),
    "horn": ("a horn honks", "a car honks", "someone sounds the horn"),
    "waves": ("waves break", "waves roll onto the shore", "the surf roars"),
    "bubbles": ("water bubbles", "bubbles rise in water", "something gurgles"),
    "sawing": ("someone saws wood", "a saw cuts wood", "wood is being sawn"),
}
SOUND_NOUNS = {
    "bell": ("the ringing of a bell", "a tolling bell"),
    "siren": ("a wailing siren", "the sound of a siren"),
    "bark": ("the barking of a dog", "a barking dog"),
    "meow": ("the meow of a cat", "a meowing cat"),
    "rain": ("the sound of rain", "pattering raindrops"),
    "drum": ("the beat of a drum", "drumming"),
    "engine": ("the rumble of an engine", "a running motor"),
    "birds": ("the song of birds", "chirping birds"),
    "telephone": ("the ringing of a telephone", "a ringing phone"),
    "ticking": ("the ticking of a clock", "a ticking clock"),
    "whistle": ("the sound of a whistle", "a shrill whistle"),
    "applause": ("applause", "the clapping of hands"),
    "knocking": ("knocking on wood", "the sound of knocking"),
    "thunder": ("a clap of thunder", "rolling thunder"),
    "horn": ("the honking of a horn", "a honking car"),
    "waves": ("the sound of waves", "breaking surf"),
    "bubbles": ("the sound of bubbles", "gurgling water"),
    "sawing": ("the sound of a saw", "sawing"),
}
