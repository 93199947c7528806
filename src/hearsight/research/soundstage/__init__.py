"""A generated benchmark: video clips with things to see, sounds to hear and sentences to understand.

From the parts to the whole: icons and backgrounds (seen), sounds and distractors (heard), sentences and voices
(said); scenes puts them together as plain data, plans chooses scenes for a split, captions and queries put their facts
in words, soundtrack and render make files of them. oracle and describe tell what a rendered split can and does show.
export gives rendered clips the names and layouts of the field's data sets.
"""
