/* The INI reader with the options that the library and its callers must share. */
#ifndef TD_VENDOR_INI_H
#define TD_VENDOR_INI_H

#define INI_HANDLER_LINENO 1      /* the handler gets the line number: errors name it */
#define INI_STOP_ON_FIRST_ERROR 0 /* all errors in one run */
#define INI_ALLOW_MULTILINE 0     /* an indented key is a key, never the tail of the line above */
#define INI_ALLOW_NO_VALUE 0      /* a key without '=' is an error */
#define INI_USE_STACK 1           /* no allocation */
#define INI_MAX_LINE                                                                               \
    8704 /* bytes; a list of TD_CONFIG_SYMBOLS_MAX on one line, its key before it */
#include <inih/ini.h>

#endif
