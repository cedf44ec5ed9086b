/* Where things stand on the appliance: one name each, used by all of init. The card's drawing is in board/rpi4. */
#ifndef TD_INIT_PLACES_H
#define TD_INIT_PLACES_H

#define INIT_CARD "/card" /* FAT TAPEDECK, root's alone, read-only but for moments */
#define INIT_DATA "/data" /* ext4 */
#define INIT_DECK INIT_DATA "/deck"
#define INIT_DECK_SYNC INIT_DECK "/sync"
#define INIT_LAST_GOOD INIT_DATA "/config/tapedeck.ini"
#define INIT_CLOCK_FLOOR INIT_DATA "/clock"
#define INIT_REASONS INIT_DATA "/reasons"
#define INIT_UPDATES INIT_DATA "/update"
#define INIT_RUN_CONFIG "/run/config/tapedeck.ini" /* what the recorder reads */
#define INIT_RUN_CA "/run/config/ca.pem"           /* the card's ca.pem, where there is one */
#define INIT_RUN_SECRETS "/run/secrets/sync.ini"
#define INIT_UPLOADS_FOLDER "/run/uploads"
#define INIT_UPLOADS                                                                               \
    INIT_UPLOADS_FOLDER                                                                            \
    "/status.json" /* what sync says of itself: in memory, so that no card holds its reader up */
#define INIT_SHM "/dev/shm"
#define INIT_SHIPPED_CONFIG "/etc/tapedeck.ini"
#define INIT_UPDATE_KEY "/etc/update.pub" /* absent: updates are refused */
#define INIT_BUILD "/etc/build"           /* key=value: version, commit, epoch */
#define INIT_CERTIFICATES "/share/ca-certificates.pem"
#define INIT_MODULES "/lib/modules"
#define INIT_CHRONY_CONF "/run/chrony.conf"
#define INIT_RESOLV_CONF "/etc/resolv.conf"
#define INIT_LEASE "/run/lease" /* what the DHCP hook learned: key=value */

/* What the recorder is told beside its file, and so is the check of that file: without the data folder it would find no symbol list. The
   certificates stand last. */
#define INIT_RECORDER_SETTINGS                                                                     \
    "--set", "deck.data_dir=" INIT_DECK, "--set", "deck.shm_dir=" INIT_SHM, "--set",               \
        "net.ca_file=" INIT_CERTIFICATES

enum {
    INIT_UID_RECORD = 100,
    INIT_UID_SYNC = 101,
    INIT_UID_MDNS = 102,
    INIT_UID_WEB = 103,
    INIT_GID_DATA = 101 /* may read the deck */
};

enum { INIT_PLACE_MAX = 512 };
/* The place as a path; as it stands, but for tests, which put all of it under a folder of their own. root: kept by the caller. */
const char *init_place(const char *place, char out[INIT_PLACE_MAX]);
void init_places_under(const char *root);

#endif
