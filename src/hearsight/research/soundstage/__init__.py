"""Soundstage: a generated benchmark of video clips with things to see, sounds to hear and sentences to understand.

The files, from the parts to the whole:

- what is seen: `icons`, `backgrounds`; what is heard: `sound_events`, `background_sounds` (both built from
  `synthesis`); what is said: `sentences`, `text_to_speech`
- `scenes` combines them as plain data; `splits` says which combinations a split may use; `clip_plans` chooses the
  scenes of a split, in the proportions of `query_groups`
- `facts`, `captions` (with `caption_words`) and `queries` put scenes into words
- `soundtrack` and `render` make files; `manifest` reads them back; `tool_versions` records what made them
- `oracle` and `split_statistics` report what a rendered split can show and what it contains
- `export` gives rendered clips the names (`dataset_clip_names`) and files (`dataset_layouts`) of public data sets
"""
