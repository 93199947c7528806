"""The model of a library, loaded when it is first needed; searches need only its query side, which starts at once."""

from __future__ import annotations

from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from hearsight.library.indexing.model_names import absolute_model_name, check_model_exists, name_of
from hearsight.library.tables.library_json import Identity

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel
    from hearsight.models.query_encoder import QueryEncoder


class LibraryModel:
    """The model that made a library's vectors.

    location: of the library. device, dtype: as `hearsight.models.load.load` has them. The identity of a library can
    change, so each method takes it as it is now. Threads may share it: the model is loaded once.
    """

    def __init__(self, location: Path, device: str, dtype: str) -> None:
        self.location, self.device, self.dtype = location, device, dtype
        self._model: VideoTextModel | None = None
        self._query_encoder: QueryEncoder | None = None
        self._lock = RLock()

    def get(self, identity: Identity) -> VideoTextModel:
        """Return the model. Raises HearsightError if it cannot be loaded, or has changed."""
        with self._lock:
            if self._model is None:
                from hearsight.models.load import load

                check_model_exists(identity.model)
                self.use(load(identity.model, self.device, self.dtype, download=False), identity)
            assert self._model is not None
            return self._model

    def use(self, model: VideoTextModel, identity: Identity) -> None:
        """Use a loaded model. Raises HearsightError if the library's vectors are not its own."""
        if model is not self._model:
            identity.check_model(self.location, model)
            self._model = model

    def load_other(self, model: str | Path | VideoTextModel, name: str | None) -> tuple[VideoTextModel, str]:
        """Return another model, loaded as this one would be, and the name to record for it. name: None for its own."""
        if not isinstance(model, str | Path):
            return model, name or name_of(model)
        from hearsight.models.load import load

        return load(model, self.device, self.dtype), name or absolute_model_name(model)

    def without_model(self) -> LibraryModel:
        """Return a `LibraryModel` that has to load its model first, because the library has got another one."""
        return LibraryModel(self.location, self.device, self.dtype)

    def query_encoder(self, identity: Identity) -> QueryEncoder:
        """Return what encodes queries and compares them with clips. Raises HearsightError as `get` does.

        A model that is loaded already, or shall compute on a GPU, does it itself. Else its query side is read from the
        user's cache, or made of the model and put there: in float32, in which files have it, whatever `dtype` is.
        """
        with self._lock:
            if self._query_encoder is None and self._model is None and self.device == "cpu":
                from hearsight.models.query_cache import read_queries

                check_model_exists(identity.model)
                self._query_encoder = read_queries(identity.model, identity.fingerprint) or self._make_queries(identity)
            if self._query_encoder is None:
                from hearsight.models.torch_queries import TorchQueryEncoder

                self._query_encoder = TorchQueryEncoder(self.get(identity))
            return self._query_encoder

    def write_queries(self, identity: Identity) -> None:
        """Put the query side of the model, if that is loaded in float32, into the user's cache, unless it is there.

        A model that computes in bfloat16 has lost the numbers; the first search loads it again, in float32.
        """
        from hearsight.models.query_cache import read_queries, write_queries
        from hearsight.models.torch_queries import numpy_queries

        if self._model is None or read_queries(identity.model, identity.fingerprint):
            return
        if queries := numpy_queries(self._model):
            write_queries(identity.model, identity.fingerprint, queries)

    def _make_queries(self, identity: Identity) -> QueryEncoder | None:
        """Load the model, and return its query side in NumPy. If it has none, keep the model, in `dtype`."""
        from hearsight.models.load import load
        from hearsight.models.precision import dtype_of, set_precision
        from hearsight.models.query_cache import write_queries
        from hearsight.models.torch_queries import numpy_queries

        model = load(identity.model, download=False)
        identity.check_model(self.location, model)
        if queries := numpy_queries(model):
            write_queries(identity.model, identity.fingerprint, queries)
            return queries
        set_precision(model, dtype_of(self.dtype, self.device, model.width))
        self.use(model, identity)
        return None
