/* The JSON tokeniser with the options that all of Tapedeck shares: they change the token's layout,
 * so they stand here and nowhere else. Parent links make large snapshots about a hundred times
 * faster; strict mode refuses text that is not JSON. */
#ifndef TD_VENDOR_JSMN_H
#define TD_VENDOR_JSMN_H

#define JSMN_PARENT_LINKS
#define JSMN_STRICT
#if !defined(TD_JSMN_BODY) && !defined(JSMN_STATIC) && !defined(JSMN_HEADER)
#define JSMN_HEADER
#endif
#include <jsmn/jsmn.h>

#endif
