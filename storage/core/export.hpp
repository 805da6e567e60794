// What of the shared library can be called from outside it.
//
// Contract: the layers are compiled with hidden visibility; STOWAGE_EXPORT marks the functions and classes of the
// public headers (cmake/stowage_public_headers.cmake) that are defined in a source file.
// Concurrency: none of its concern.
// Limits: ELF only. What is defined in a header needs no mark.
#pragma once

#define STOWAGE_EXPORT [[gnu::visibility("default")]]
