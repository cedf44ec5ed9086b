/* Where the certificates to trust lie, and their text. For the start of a program. */
#ifndef TD_NET_ROOTS_H
#define TD_NET_ROOTS_H

#include <stddef.h>

#include "base/err.h"

enum { ROOTS_PATH_MAX = 512 };

/* The file named by `configured`, or where that is "" the first of the system's usual places, else the one that is delivered beside the
   program. NULL when there is none. `out` is used for the last. */
const char *roots_find(const char *configured, char out[ROOTS_PATH_MAX]);

/* The file's text with a NUL behind it (*bytes counts both), until roots_release(). *why says what failed. TD_E_IO, TD_E_RANGE: larger than any
   list of roots. */
td_err roots_read(const char *path, const char **pem, size_t *bytes, const char **why);
void roots_release(const char *pem, size_t bytes);

#endif
