/* For settings*.c only. */
#ifndef TD_INIT_SETTINGS_NAME_H
#define TD_INIT_SETTINGS_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* One label of a host name, RFC 1123: 1 to 63 letters, digits and hyphens, no hyphen at an end. */
bool settings_is_label(const char *text, size_t bytes);

#endif
