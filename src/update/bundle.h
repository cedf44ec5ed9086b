/* An update bundle (*.tdu): a signed manifest and one payload. What it is: docs/FORMAT.md. Hostile bytes end in an error; memory is bounded: a
   static arena of 32 KiB for the signature, and for unpacking 10 MiB that are taken from the kernel and given back. One thread; not for a
   process that uses mbedTLS with an arena of its own (the arena is set here and the C library's allocator afterwards). */
#ifndef TD_UPDATE_BUNDLE_H
#define TD_UPDATE_BUNDLE_H

#include <stdint.h>

#include "base/err.h"
#include "base/os.h"
#include "update/boot_record.h"

enum bundle_kind { BUNDLE_SYSTEM, BUNDLE_RECORDER };

enum {
    BUNDLE_FORMAT = 1,
    BUNDLE_HEAD_BYTES = 80, /* magic, format, length of the manifest, signature */
    BUNDLE_MANIFEST_MAX = 1024,
    BUNDLE_BOARD_MAX = 32,
    BUNDLE_SIGNATURE_BYTES = 64, /* r and s, big-endian */
    BUNDLE_WINDOW_LOG = 23,
    BUNDLE_PIECE = 1 << 20
};
#define BUNDLE_IMAGE_MAX (INT64_C(1) << 30)

struct bundle {
    enum bundle_kind kind;
    char version[BOOT_VERSION_MAX];    /* "0.5.1" */
    char board[BUNDLE_BOARD_MAX];      /* "rpi4" */
    int64_t payload_at, payload_bytes; /* compressed, in the file, to its end */
    int64_t image_bytes;               /* unpacked; of a system whole sectors */
    uint8_t payload_sha256[32], image_sha256[32];
};

/* Where a bundle lies. progress may be NULL; called at least once for each BUNDLE_PIECE of work (it feeds the watchdog). */
struct bundle_file {
    const struct td_disk *disk;
    int file;
    void (*progress)(void *arg, int64_t bytes);
    void *arg;
};

/* Reads and checks head, signature, manifest and the file's length. key_pem: the public key, NUL-terminated, NULL: none. TD_E_SYNTAX not a
   bundle; TD_E_UPDATE_SIGNATURE not this key's, or no key here; TD_E_UPDATE_DAMAGED signed but cut off or not sound. why: a static text for the
   report. */
td_err bundle_open(const struct bundle_file *from, const char *key_pem, struct bundle *bundle,
                   const char **why);
/* The payload's hash. TD_E_UPDATE_DAMAGED. */
td_err bundle_check_payload(const struct bundle_file *from, const struct bundle *bundle,
                            const char **why);

/* Unpacks and gives the image to `take` in order, in aligned pieces of BUNDLE_PIECE bytes, the last one shorter; take NULL: nobody. Ends when take
   fails. TD_E_UPDATE_DAMAGED: not zstd, a window that is too large, more or less than image_bytes, or the image's hash differs. */
typedef td_err bundle_take_fn(void *arg, int64_t offset, const uint8_t *data, size_t bytes);
td_err bundle_unpack(const struct bundle_file *from, const struct bundle *bundle,
                     bundle_take_fn *take, void *arg, const char **why);

/* The manifest alone, of exactly `bytes`; TD_E_SYNTAX. */
td_err bundle_parse_manifest(const char *text, size_t bytes, struct bundle *bundle);

/* -1, 0, 1; versions are numbers between dots, missing ones are 0. A version of another form: TD_E_SYNTAX in *err and 0 as answer. */
int bundle_version_compare(const char *a, const char *b, td_err *err);

#endif
