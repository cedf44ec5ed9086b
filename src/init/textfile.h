/* Small texts: of the kernel's files, and of files with a line key=value for each thing. */
#ifndef TD_INIT_TEXTFILE_H
#define TD_INIT_TEXTFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Bytes read, NUL-terminated; file_read's errors (then out is ""). */
int64_t textfile_read(const char *path, char *out, size_t cap);
/* In one write, as files of the kernel want it. TD_E_MISSING, TD_E_IO. */
td_err textfile_set(const char *path, const char *text);
/* The value of the first line "key=value", cut to fit, NUL-terminated; "" when there is none. Returns out. */
const char *textfile_value(const char *text, const char *key, char *out, size_t cap);

#endif
