/* Makes, shows and checks update bundles (docs/FORMAT.md) and the pair of keys that they are signed and checked with. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "app/exits.h"
#include "update/bundle_make.h"

enum { PEM_FILE_MAX = 4096, LEVEL = 12, PATH_BYTES = 4096 };

static const char help[] =
    "usage: bundle key DIR                   a pair: DIR/update.key, which signs and stays with "
    "you,\n"
    "                                        and DIR/update.pub, which goes into the image\n"
    "       bundle make --key FILE --kind system|recorder --version V [--board rpi4]\n"
    "                   --in FILE --out FILE.tdu\n"
    "                                        system: the image of a boot slot; recorder: the "
    "program\n"
    "       bundle show FILE                 what it says of itself; the signature is not checked\n"
    "       bundle verify --pub FILE FILE    all that a card checks, but for version and board\n"
    "\n"
    "The same input and key give the same bytes. A card takes a bundle that is signed by the\n"
    "key of its image, is for its board, and is newer than what runs.\n"
    "\n"
    "example: bundle key keys && make image UPDATE_PUB=keys/update.pub\n"
    "         bundle make --key keys/update.key --kind recorder --version 0.5.1 \\\n"
    "             --in out/aarch64/tapedeck --out tapedeck-0.5.1.tdu\n"
    "\n"
    "exit codes: 0 fine; 1 the bundle is refused; 2 usage; 3 a key or a value is not sound;\n"
    "            5 a file cannot be read or written\n";

static int complain(int code, const char *what, const char *why)
{
    fprintf(stderr, "bundle: %s: %s\n", what, why);
    return code;
}

static int usage(const char *why)
{
    fprintf(stderr, "bundle: %s; `bundle --help` shows the commands\n", why);
    return EXIT_USAGE;
}

/* ---- files ----------------------------------------------------------------------------------- */

static int read_pem(const char *path, char pem[PEM_FILE_MAX])
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return complain(EXIT_DISK, path, strerror(errno));
    size_t bytes = fread(pem, 1, PEM_FILE_MAX - 1, file);
    bool bad = ferror(file) || getc(file) != EOF;
    fclose(file);
    pem[bytes] = 0;
    return bad ? complain(EXIT_CONFIG, path, "is no key in PEM") : EXIT_FINE;
}

/* Never over a file that is there: a key that is lost cannot be made again. */
static int write_new(const char *path, const char *text, mode_t mode)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0)
        return complain(EXIT_DISK, path, strerror(errno));
    size_t bytes = strlen(text);
    bool bad = write(file, text, bytes) != (ssize_t)bytes;
    bad = close(file) != 0 || bad;
    if (bad)
        unlink(path);
    return bad ? complain(EXIT_DISK, path, "cannot be written") : EXIT_FINE;
}

struct content {
    uint8_t *data;
    size_t bytes;
};

static int read_image(const char *path, struct content *image)
{
    struct stat about;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &about) != 0) {
        int code = complain(EXIT_DISK, path, strerror(errno));
        if (file != NULL)
            fclose(file);
        return code;
    }
    int code = EXIT_FINE;
    if (!S_ISREG(about.st_mode) || about.st_size == 0 || about.st_size > BUNDLE_IMAGE_MAX)
        code = complain(EXIT_CONFIG, path, "is empty, too large, or no file");
    image->bytes = code == EXIT_FINE ? (size_t)about.st_size : 0;
    image->data = malloc(image->bytes + 1);
    if (image->data == NULL || fread(image->data, 1, image->bytes, file) != image->bytes)
        code = complain(EXIT_DISK, path, "cannot be read");
    fclose(file);
    return code;
}

static int write_bundle(const char *path, const uint8_t *start, size_t start_bytes,
                        const struct content *payload)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return complain(EXIT_DISK, path, strerror(errno));
    bool bad = fwrite(start, 1, start_bytes, file) != start_bytes ||
               fwrite(payload->data, 1, payload->bytes, file) != payload->bytes;
    bad = fclose(file) != 0 || bad;
    if (bad)
        remove(path);
    return bad ? complain(EXIT_DISK, path, "cannot be written") : EXIT_FINE;
}

/* ---- key ------------------------------------------------------------------------------------- */

static int make_key(const char *folder)
{
    char secret[BUNDLE_KEY_PEM_MAX], open_half[BUNDLE_KEY_PEM_MAX];
    char key_path[PATH_BYTES], pub_path[PATH_BYTES];
    snprintf(key_path, sizeof key_path, "%s/update.key", folder);
    snprintf(pub_path, sizeof pub_path, "%s/update.pub", folder);
    if (td_os_linux()->disk.make_dirs(NULL, folder) < 0)
        return complain(EXIT_DISK, folder, "cannot be made");
    if (access(pub_path, F_OK) == 0)
        return complain(EXIT_DISK, pub_path, "is there already");
    td_err err = bundle_make_key(&td_os_linux()->random, secret, open_half);
    int code = err < 0 ? complain(EXIT_CONFIG, folder, td_err_text(err))
                       : write_new(key_path, secret, 0600);
    mbedtls_platform_zeroize(secret, sizeof secret);
    if (code == EXIT_FINE)
        code = write_new(pub_path, open_half, 0644);
    if (code == EXIT_FINE)
        printf("%s  signs; keep it, and keep it to yourself\n%s  goes into the image: make image "
               "UPDATE_PUB=%s\n",
               key_path, pub_path, pub_path);
    return code;
}

/* ---- make ------------------------------------------------------------------------------------ */

struct wish {
    const char *key, *kind, *version, *board, *in, *out, *pub, *file;
};

static size_t pack(const struct content *image, struct content *payload)
{
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(image->bytes);
    payload->data = malloc(room);
    if (zstd == NULL || payload->data == NULL)
        return 0;
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, BUNDLE_WINDOW_LOG);
    payload->bytes = ZSTD_compress2(zstd, payload->data, room, image->data, image->bytes);
    ZSTD_freeCCtx(zstd);
    return ZSTD_isError(payload->bytes) ? 0 : payload->bytes;
}

static int describe(const struct wish *wish, const struct content *image,
                    const struct content *payload, struct bundle *bundle)
{
    *bundle =
        (struct bundle){.kind = strcmp(wish->kind, "system") == 0 ? BUNDLE_SYSTEM : BUNDLE_RECORDER,
                        .image_bytes = (int64_t)image->bytes,
                        .payload_bytes = (int64_t)payload->bytes};
    if (bundle->kind == BUNDLE_RECORDER && strcmp(wish->kind, "recorder") != 0)
        return complain(EXIT_CONFIG, wish->kind, "is no kind; system or recorder");
    if (strlen(wish->version) >= sizeof bundle->version ||
        strlen(wish->board) >= sizeof bundle->board)
        return complain(EXIT_CONFIG, wish->version, "version or board is too long");
    if (bundle->kind == BUNDLE_SYSTEM && image->bytes % BOOT_SECTOR != 0)
        return complain(EXIT_CONFIG, wish->in, "a slot's image is whole sectors of 512 bytes");
    memcpy(bundle->version, wish->version, strlen(wish->version));
    memcpy(bundle->board, wish->board, strlen(wish->board));
    mbedtls_sha256(image->data, image->bytes, bundle->image_sha256, 0);
    mbedtls_sha256(payload->data, payload->bytes, bundle->payload_sha256, 0);
    return EXIT_FINE;
}

static int check_version(const char *version)
{
    td_err err;
    bundle_version_compare(version, version, &err);
    return err == 0 ? EXIT_FINE
                    : complain(EXIT_CONFIG, version, "a version is numbers between dots: 0.5.1");
}

static int sign_and_write(const struct wish *wish, const struct bundle *bundle,
                          const struct content *payload)
{
    char pem[PEM_FILE_MAX];
    uint8_t start[BUNDLE_START_MAX];
    int code = read_pem(wish->key, pem);
    if (code != EXIT_FINE)
        return code;
    int bytes = bundle_make_start(bundle, pem, &td_os_linux()->random, start);
    mbedtls_platform_zeroize(pem, sizeof pem);
    if (bytes < 0)
        return complain(EXIT_CONFIG, wish->key, "is no private key of P-256 in PEM");
    code = write_bundle(wish->out, start, (size_t)bytes, payload);
    if (code == EXIT_FINE)
        printf("%s: %s %s for %s, %" PRId64 " bytes (%" PRId64 " unpacked)\n", wish->out,
               wish->kind, wish->version, wish->board, bytes + bundle->payload_bytes,
               bundle->image_bytes);
    return code;
}

static int make(const struct wish *wish)
{
    struct content image = {0}, payload = {0};
    struct bundle bundle;
    if (!wish->key || !wish->kind || !wish->version || !wish->in || !wish->out)
        return usage("make needs --key, --kind, --version, --in and --out");
    int code = check_version(wish->version);
    if (code == EXIT_FINE)
        code = read_image(wish->in, &image);
    if (code == EXIT_FINE && pack(&image, &payload) == 0)
        code = complain(EXIT_DISK, wish->in, "no memory to pack it");
    if (code == EXIT_FINE)
        code = describe(wish, &image, &payload, &bundle);
    if (code == EXIT_FINE)
        code = sign_and_write(wish, &bundle, &payload);
    free(payload.data);
    free(image.data);
    return code;
}

/* ---- show, verify ---------------------------------------------------------------------------- */

static int show(const char *path)
{
    uint8_t start[BUNDLE_START_MAX];
    struct bundle bundle;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return complain(EXIT_DISK, path, strerror(errno));
    size_t got = fread(start, 1, sizeof start, file);
    fclose(file);
    size_t bytes = got < BUNDLE_HEAD_BYTES ? 0 : start[12] | (size_t)start[13] << 8;
    const char *manifest = (const char *)start + BUNDLE_HEAD_BYTES;
    if (bytes == 0 || bytes > got - BUNDLE_HEAD_BYTES || memcmp(start, "TDUPDATE", 8) != 0 ||
        bundle_parse_manifest(manifest, bytes, &bundle) < 0)
        return complain(EXIT_PROBLEMS, path, "is no update bundle");
    printf("format=%u\n%.*s", start[8], (int)bytes, manifest);
    return EXIT_FINE;
}

static td_err check(const struct bundle_file *from, const char *pem, struct bundle *bundle,
                    const char **why)
{
    TD_TRY(bundle_open(from, pem, bundle, why));
    TD_TRY(bundle_check_payload(from, bundle, why));
    return bundle_unpack(from, bundle, NULL, NULL, why);
}

static int verify(const struct wish *wish)
{
    char pem[PEM_FILE_MAX];
    struct bundle bundle;
    const char *why = "";
    if (!wish->pub || !wish->file)
        return usage("verify needs --pub FILE and a bundle");
    int code = read_pem(wish->pub, pem);
    if (code != EXIT_FINE)
        return code;
    struct bundle_file from = {.disk = &td_os_linux()->disk,
                               .file = open(wish->file, O_RDONLY | O_CLOEXEC)};
    if (from.file < 0)
        return complain(EXIT_DISK, wish->file, strerror(errno));
    td_err err = check(&from, pem, &bundle, &why);
    close(from.file);
    if (err < 0)
        return complain(EXIT_PROBLEMS, wish->file, why);
    printf("%s: sound, %s %s for %s\n", wish->file,
           bundle.kind == BUNDLE_SYSTEM ? "system" : "recorder", bundle.version, bundle.board);
    return EXIT_FINE;
}

/* ---- the command line ------------------------------------------------------------------------ */

/* False: an option that is none, without its value, or a second word. */
static bool read_wish(int argc, char **argv, struct wish *wish)
{
    struct {
        const char *name, **value;
    } const options[] = {{"--key", &wish->key},         {"--kind", &wish->kind},
                         {"--version", &wish->version}, {"--board", &wish->board},
                         {"--in", &wish->in},           {"--out", &wish->out},
                         {"--pub", &wish->pub}};
    enum { OPTIONS = sizeof options / sizeof *options };
    for (int i = 2; i < argc; i++) {
        int known = 0;
        while (known < OPTIONS && strcmp(argv[i], options[known].name) != 0)
            known++;
        if (known < OPTIONS && i + 1 < argc)
            *options[known].value = argv[++i];
        else if (known < OPTIONS || argv[i][0] == '-' || wish->file != NULL)
            return false;
        else
            wish->file = argv[i];
    }
    return true;
}

int main(int argc, char **argv)
{
    struct wish wish = {.board = "rpi4"};
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "--help") == 0 || strcmp(verb, "help") == 0)
        return fputs(help, stdout) < 0 ? EXIT_DISK : EXIT_FINE;
    if (!read_wish(argc, argv, &wish))
        return usage("an option is unknown or lacks its value");
    if (strcmp(verb, "key") == 0 && wish.file)
        return make_key(wish.file);
    if (strcmp(verb, "make") == 0 && !wish.file)
        return make(&wish);
    if (strcmp(verb, "show") == 0 && wish.file)
        return show(wish.file);
    if (strcmp(verb, "verify") == 0)
        return verify(&wish);
    return usage(verb[0] ? "no such command, or a word is missing" : "what shall be done?");
}
