/* An update bundle (*.tdu): a signed manifest and one payload. What it is: docs/FORMAT.md. Hostile bytes end in an error, never in more
   memory than the caller gave. */
#ifndef TD_UPDATE_BUNDLE_H
#define TD_UPDATE_BUNDLE_H

#include <stdint.h>

#include "base/err.h"
#include "update/boot_record.h"

enum bundle_kind { BUNDLE_SYSTEM, BUNDLE_RECORDER };

struct bundle {
    enum bundle_kind kind;
    char version[BOOT_VERSION_MAX];    /* "0.5.1" */
    char board[32];                    /* "rpi4" */
    int64_t payload_at, payload_bytes; /* compressed, in the file */
    int64_t image_bytes;               /* unpacked */
    uint8_t payload_sha256[32], image_sha256[32];
};

/* Reads and checks head, signature, manifest and the payload's hash. key_pem: NUL-terminated. TD_E_SYNTAX not a bundle; TD_E_UPDATE_DAMAGED a hash
   differs; TD_E_UPDATE_SIGNATURE another key's, or no key here. why: a static text for the report. */
td_err bundle_open(int fd, const char *key_pem, struct bundle *bundle, const char **why);

/* -1, 0, 1; versions are numbers between dots. TD_E_SYNTAX through *err. */
int bundle_version_compare(const char *a, const char *b, td_err *err);

#endif
