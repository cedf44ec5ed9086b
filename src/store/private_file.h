/* A file that holds a secret: read whole, and only where nobody else may read it. */
#ifndef TD_STORE_PRIVATE_FILE_H
#define TD_STORE_PRIVATE_FILE_H

#include <stddef.h>

enum { PRIVATE_FILE_MAX = 16384 };

/* NULL and the text, NUL-terminated, its length in *bytes; else why not, for a person. It must be ours with rights for us alone, or root's and
   no business of others (a service manager hands secrets over like that). The caller clears `out`. */
const char *private_file_read(const char *path, char out[PRIVATE_FILE_MAX], size_t *bytes);

#endif
