"""What is said: sentences of a small grammar, and their rewordings.

"the doctor lost a yellow bicycle in the garden" is five choices; a caption tells the same with other words ("a
physician could no longer find a yellow bike out in the yard"). The vocabulary is everyday English that a small
recogniser knows; much of it names things that are also icons or backgrounds, so that a bicycle seen and a bicycle
spoken of have to be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from numpy.random import Generator

from hearsight.soundstage.splits import Split, allowed

# Each word with what a caption may say instead.
PEOPLE: dict[str, tuple[str, ...]] = {
    "doctor": ("physician", "medical man"),
    "teacher": ("instructor", "schoolmaster"),
    "farmer": ("man who works the land", "owner of the farm"),
    "soldier": ("member of the army", "military man"),
    "sailor": ("seaman", "mariner"),
    "lawyer": ("attorney", "solicitor"),
    "king": ("monarch", "royal ruler"),
    "mother": ("mom", "mum"),
    "father": ("dad", "daddy"),
    "grandmother": ("granny", "grandma"),
    "policeman": ("cop", "police officer"),
    "neighbor": ("man next door", "person next door"),
    "singer": ("vocalist", "performer of songs"),
    "writer": ("author", "novelist"),
    "student": ("pupil", "learner"),
    "captain": ("skipper", "commander"),
    "tourist": ("traveller", "visitor"),
    "president": ("head of state", "leader of the country"),
    "scientist": ("researcher", "expert in a laboratory"),
    "children": ("kids", "youngsters"),
    "carpenter": ("woodworker", "maker of furniture"),
    "engineer": ("technician", "builder of machines"),
}
ACTIONS: dict[str, tuple[str, ...]] = {
    "lost": ("could no longer find", "mislaid"),
    "found": ("came across", "discovered"),
    "bought": ("paid for", "purchased"),
    "sold": ("gave away for money", "traded for cash"),
    "broke": ("damaged", "smashed"),
    "painted": ("put paint on", "brushed colour onto"),
    "stole": ("robbed somebody of", "took without asking"),
    "cleaned": ("washed", "wiped the dirt off"),
    "carried": ("walked around with", "was holding"),
    "borrowed": ("had the loan of", "got to use for a while"),
    "repaired": ("fixed", "mended"),
    "dropped": ("let fall", "let slip"),
    "forgot": ("left behind", "did not remember"),
    "wanted": ("wished for", "would have liked"),
    "received": ("was given", "was handed"),
    "burned": ("set fire to", "put into the flames"),
    "threw away": ("discarded", "put in the bin"),
    "photographed": ("took a picture of", "took a snapshot of"),
}
ADJECTIVES: dict[str, tuple[str, ...]] = {
    "red": (),
    "blue": (),
    "green": (),
    "yellow": (),
    "black": (),
    "white": (),
    "brown": (),
    "purple": (),
    "golden": (),
    "large": ("big", "huge"),
    "little": ("tiny", "small"),
    "ancient": ("very old", "age-old"),
    "expensive": ("costly", "pricey"),
    "beautiful": ("lovely", "pretty"),
}
OBJECTS: dict[str, tuple[str, ...]] = {
    "bicycle": ("bike", "two-wheeler"),
    "car": ("automobile", "motor car"),
    "boat": ("sailing vessel", "vessel"),
    "guitar": ("stringed instrument", "six-string"),
    "book": ("volume", "novel"),
    "umbrella": ("brolly", "parasol"),
    "chair": ("seat", "piece of furniture to sit on"),
    "table": ("desk", "piece of furniture to eat at"),
    "window": ("pane of glass", "glass pane"),
    "letter": ("piece of mail", "note in an envelope"),
    "camera": ("photo device", "picture taker"),
    "watch": ("timepiece", "thing that tells the time"),
    "telephone": ("phone", "handset"),
    "bottle": ("flask", "glass container"),
    "jacket": ("coat", "warm garment"),
    "blanket": ("bed cover", "bedspread"),
    "cake": ("birthday dessert", "sweet pastry"),
    "apple": ("piece of fruit", "fruit"),
    "candle": ("wax light", "stick of wax"),
    "carpet": ("rug", "floor covering"),
    "computer": ("laptop", "machine with a keyboard"),
    "television": ("telly", "TV set"),
    "piano": ("grand with black and white keys", "keyboard instrument"),
    "horse": ("pony", "stallion"),
    "house": ("home", "cottage"),
    "robot": ("android", "mechanical man"),
    "rocket": ("spaceship", "spacecraft"),
    "flower": ("blossom", "bloom"),
}
PLACES: dict[str, tuple[str, ...]] = {
    "in the garden": ("out in the yard", "among the flower beds"),
    "at the station": ("where the trains stop", "beside the railway"),
    "in the kitchen": ("where the food is cooked", "next to the stove"),
    "at the market": ("where people sell vegetables", "at the bazaar"),
    "near the river": ("by the stream", "on the bank of the water"),
    "in the hospital": ("at the clinic", "where the sick are treated"),
    "on the beach": ("at the seaside", "by the sea"),
    "in the forest": ("in the woods", "among the trees"),
    "on the mountain": ("on the hill", "high up on the peak"),
    "in the city": ("in town", "downtown"),
}
PLACE_SHARE = 0.35


@dataclass(frozen=True)
class Sentence:
    """One choice of each part; text is what a voice says."""

    person: str
    action: str
    adjective: str
    object: str
    place: str | None = None

    @property
    def text(self) -> str:
        told = f"the {self.person} {self.action} {with_article(f'{self.adjective} {self.object}')}"
        return f"{told} {self.place}" if self.place else told


def sample_sentence(rng: Generator, split: Split = "train") -> Sentence:
    """A random sentence that belongs to the split."""
    while True:
        sentence = Sentence(
            person=pick(rng, PEOPLE),
            action=pick(rng, ACTIONS),
            adjective=pick(rng, ADJECTIVES),
            object=pick(rng, OBJECTS),
            place=pick(rng, PLACES) if rng.random() < PLACE_SHARE else None,
        )
        if allowed(split, sentence.text):
            return sentence


def reword(sentence: Sentence, rng: Generator) -> str:
    """The same in other words, as a clause: "a physician could no longer find a yellow bike".

    The action is always reworded, and the person or the object or both; colours stay, having no other names. A place
    is reworded, so that never more than three words in a row are the sentence's own.
    """
    swap_person, swap_object = [(True, True), (True, False), (False, True)][rng.integers(3)]
    person = pick(rng, PEOPLE[sentence.person]) if swap_person else sentence.person
    thing = pick(rng, OBJECTS[sentence.object]) if swap_object else sentence.object
    adjective = pick(rng, ADJECTIVES[sentence.adjective] or (sentence.adjective,))
    article = "some" if sentence.person == "children" else pick(rng, ("a", "the"))
    subject = f"{article} {person}" if article != "a" else with_article(person)
    clause = f"{subject} {pick(rng, ACTIONS[sentence.action])} {with_article(f'{adjective} {thing}')}"
    if sentence.place:
        clause += f" {pick(rng, PLACES[sentence.place])}"
    return clause


def with_article(noun: str) -> str:
    """The noun phrase with "a" or "an" before it."""
    vowel = noun[0] in "aeiou" and not noun.startswith("uni")
    return f"{'an' if vowel else 'a'} {noun}"


def pick(rng: Generator, choices: dict[str, tuple[str, ...]] | tuple[str, ...]) -> str:
    """One of the choices, all equally likely."""
    options = tuple(choices)
    return options[int(rng.integers(len(options)))]
