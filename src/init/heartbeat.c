#include "init/heartbeat.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENTRIES_MAX = 4096 };

static struct page_reader reader;
/* The last whole reading, and room for the next. Large. */
static struct page_view views[2];
static int current = -1;

/* A record of getdents64. */
struct entry {
    uint64_t inode;
    int64_t next;
    uint16_t bytes;
    uint8_t kind;
    char name[];
};

static bool is_page(const char *name)
{
    size_t bytes = strlen(name);
    return strncmp(name, "tapedeck-", 9) == 0 && bytes > 14 &&
           strcmp(name + bytes - 5, ".page") == 0;
}

/* The deck's name is the configuration's matter: the page is known by who made it. */
static bool open_of(const char *folder, const char *name, int pid)
{
    char path[PAGE_PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof path || page_open(&reader, path) != 0)
        return false;
    if (reader.pid == (uint32_t)pid)
        return true;
    page_reader_close(&reader);
    return false;
}

static bool find(const char *folder, int pid)
{
    _Alignas(8) char entries[ENTRIES_MAX];
    bool found = false;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long bytes = fd < 0 ? 0 : syscall(SYS_getdents64, fd, entries, sizeof entries);
    for (long at = 0; at < bytes && !found;) {
        const struct entry *entry = (const struct entry *)(entries + at);
        found = is_page(entry->name) && open_of(folder, entry->name, pid);
        at += entry->bytes;
    }
    if (fd >= 0)
        close(fd);
    return found;
}

const struct page_view *heartbeat_read(const char *shm_dir, int pid)
{
    if (reader.map != NULL && reader.pid != (uint32_t)pid)
        page_reader_close(&reader);
    if (reader.map == NULL) {
        current = -1;
        if (!find(shm_dir, pid))
            return NULL;
    }
    int next = current == 0 ? 1 : 0;
    if (page_read(&reader, &views[next]) == 0)
        current = next;
    return current < 0 ? NULL : &views[current];
}

enum page_life heartbeat_life(int64_t mono_ns)
{
    return current < 0 ? PAGE_DEAD : page_life(&reader, &views[current], mono_ns);
}
