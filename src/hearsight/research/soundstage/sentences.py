"""Sentences of a small grammar, and their rewordings.

"the doctor has lost a yellow bicycle in the garden" makes five choices. A caption says the same in other words ("a
physician can no longer find a yellow bike out in the yard"). The vocabulary is everyday English that a small
recogniser knows. Much of it names things that are also icons or backgrounds, so a model has to distinguish a bicycle
that is seen from a bicycle that is talked about.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from numpy.random import Generator

from hearsight.research.soundstage.splits import SplitName, allowed

# Each word with the phrases that a caption may use instead.
PEOPLE: dict[str, tuple[str, ...]] = {
    "doctor": ("physician", "medical man"),
    "teacher": ("instructor", "schoolmaster"),
    "farmer": ("man who works the land", "owner of the farm"),
    "lawyer": ("attorney", "solicitor"),
    "president": ("head of state", "leader of the country"),
    "mother": ("mom", "mum"),
    "father": ("dad", "daddy"),
    "grandmother": ("granny", "grandma"),
    "brother": ("male sibling", "sibling"),
    "policeman": ("cop", "police officer"),
    "neighbor": ("man next door", "person next door"),
    "writer": ("author", "novelist"),
    "professor": ("university lecturer", "learned man"),
    "captain": ("skipper", "commander"),
    "carpenter": ("woodworker", "maker of furniture"),
    "engineer": ("technician", "builder of machines"),
    "actor": ("film star", "movie star"),
    "reporter": ("journalist", "newsman"),
    "secretary": ("office assistant", "clerk"),
    "hunter": ("man with a rifle", "huntsman"),
    "minister": ("member of the government", "politician"),
    "musician": ("member of the band", "performer of music"),
    "fisherman": ("angler", "man with a fishing rod"),
    "princess": ("royal daughter", "king's daughter"),
}
ACTIONS: dict[str, tuple[str, ...]] = {
    "has lost": ("can no longer find", "mislaid"),
    "was looking for": ("tried to find", "went in search of"),
    "has discovered": ("came across", "found"),
    "decided to buy": ("wants to purchase", "is going to pay for"),
    "decided to sell": ("wants to give away for money", "is going to trade for cash"),
    "has broken": ("damaged", "smashed"),
    "has painted": ("put paint on", "brushed colour onto"),
    "has stolen": ("robbed somebody of", "took without asking"),
    "was cleaning": ("washed", "wiped the dirt off"),
    "is carrying": ("walks around with", "holds in both hands"),
    "has borrowed": ("got the loan of", "may use for a while"),
    "has received": ("was given", "was handed"),
    "will repair": ("is going to fix", "means to mend"),
    "has forgotten": ("left behind", "does not remember"),
    "will photograph": ("is going to take a picture of", "means to get a snapshot of"),
    "complained about": ("grumbled over", "was not happy with"),
    "has delivered": ("brought round", "dropped off"),
    "has ordered": ("sent away for", "asked a shop for"),
    "was dreaming about": ("longed for", "saw in sleep"),
}
ADJECTIVES: dict[str, tuple[str, ...]] = {
    "red": (),
    "green": (),
    "yellow": (),
    "orange": (),
    "black": (),
    "white": (),
    "silver": (),
    "large": ("big", "huge"),
    "little": ("tiny", "small"),
    "ancient": ("very old", "age-old"),
    "expensive": ("costly", "pricey"),
    "beautiful": ("lovely", "pretty"),
}
OBJECTS: dict[str, tuple[str, ...]] = {
    "bicycle": ("bike", "two-wheeler"),
    "car": ("automobile", "motor car"),
    "motorcycle": ("motorbike", "heavy bike with an engine"),
    "helicopter": ("chopper", "aircraft with a rotor"),
    "umbrella": ("brolly", "parasol"),
    "television": ("telly", "TV set"),
    "computer": ("laptop", "PC"),
    "telephone": ("phone", "handset"),
    "camera": ("photo device", "picture taker"),
    "refrigerator": ("fridge", "icebox"),
    "piano": ("grand with black and white keys", "keyboard instrument"),
    "violin": ("fiddle", "instrument with a bow"),
    "guitar": ("six-string", "stringed instrument"),
    "window": ("pane of glass", "glass pane"),
    "table": ("desk", "piece of furniture to eat at"),
    "candle": ("wax light", "stick of wax"),
    "jacket": ("coat", "warm garment"),
    "necklace": ("chain of pearls", "jewelry for the neck"),
    "diamond": ("gem", "precious stone"),
    "suitcase": ("travel bag", "piece of luggage"),
    "newspaper": ("daily paper", "gazette"),
    "sandwich": ("filled roll", "snack between slices of bread"),
    "hamburger": ("burger", "meat patty in a bun"),
    "robot": ("android", "mechanical man"),
    "elephant": ("animal with a trunk", "jumbo"),
    "dinosaur": ("prehistoric reptile", "giant lizard"),
    "butterfly": ("winged insect", "insect with colourful wings"),
    "monkey": ("ape", "chimp"),
}
LOCATIONS: dict[str, tuple[str, ...]] = {
    "in the garden": ("out in the yard", "among the flower beds"),
    "at the station": ("where the trains stop", "beside the railway"),
    "in the kitchen": ("where the food is cooked", "next to the stove"),
    "at the market": ("where people sell vegetables", "around the stalls of a bazaar"),
    "near the river": ("by the stream", "on the bank of the water"),
    "in the hospital": ("at the clinic", "where the sick are treated"),
    "in the library": ("among the bookshelves", "where books are lent"),
    "in the museum": ("at the exhibition", "at the art gallery"),
    "in the forest": ("out in the woods", "among the trees"),
    "on the mountain": ("up the hill", "high up on the peak"),
    "in the city": ("downtown", "at the centre of town"),
    "in the desert": ("among the sand dunes", "out in the sandy wilderness"),
}
LOCATION_SHARE = 0.35


@dataclass(frozen=True)
class Sentence:
    """A choice of words for each part of a sentence."""

    person: str
    action: str
    adjective: str
    object: str
    place: str | None = None

    @property
    def text(self) -> str:
        """The words that a voice speaks."""
        text = f"the {self.person} {self.action} {with_article(f'{self.adjective} {self.object}')}"
        return f"{text} {self.place}" if self.place else text


def sample_sentence(rng: Generator, split: SplitName = "train") -> Sentence:
    """Sample a sentence that belongs to the split."""
    while True:
        sentence = Sentence(
            person=pick(rng, PEOPLE),
            action=pick(rng, ACTIONS),
            adjective=pick(rng, ADJECTIVES),
            object=pick(rng, OBJECTS),
            place=pick(rng, LOCATIONS) if rng.random() < LOCATION_SHARE else None,
        )
        if allowed(split, sentence.text):
            return sentence


def reword(sentence: Sentence, rng: Generator) -> str:
    """Say the same in other words, as a clause: "a physician can no longer find a yellow bike".

    The action and the place are always reworded, and so is the person or the object or both. Colours stay the same.
    So no more than three words in a row are those of the sentence.
    """
    swap_person, swap_object = [(True, True), (True, False), (False, True)][rng.integers(3)]
    person = pick(rng, PEOPLE[sentence.person]) if swap_person else sentence.person
    noun = pick(rng, OBJECTS[sentence.object]) if swap_object else sentence.object
    adjective = pick(rng, ADJECTIVES[sentence.adjective] or (sentence.adjective,))
    subject = f"the {person}" if rng.random() < 0.5 else with_article(person)
    clause = f"{subject} {pick(rng, ACTIONS[sentence.action])} {with_article(f'{adjective} {noun}')}"
    if sentence.place:
        clause += f" {pick(rng, LOCATIONS[sentence.place])}"
    return clause


def with_article(noun: str) -> str:
    """Return the noun phrase with "a" or "an" before it."""
    vowel = noun[0] in "aeiou" and not noun.startswith("uni")
    return f"{'an' if vowel else 'a'} {noun}"


def pick(rng: Generator, choices: Collection[str]) -> str:
    """Pick one of the choices, all equally likely."""
    options = tuple(choices)
    return options[int(rng.integers(len(options)))]
