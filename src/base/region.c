#include "base/region.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

static size_t round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) & ~(unit - 1);
}

td_err td_region_open(struct td_region *region, size_t bytes)
{
    *region = (struct td_region){0};
    TD_FAIL_IF(bytes == 0 || bytes > SIZE_MAX / 2, TD_E_NO_MEMORY);
    bytes = round_up(bytes, (size_t)sysconf(_SC_PAGESIZE));
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TD_FAIL_IF(base == MAP_FAILED, TD_E_NO_MEMORY);
    region->base = base;
    region->bytes = bytes;
    return 0;
}

void td_region_close(struct td_region *region)
{
    if (region->base)
        munmap(region->base, region->bytes);
    *region = (struct td_region){0};
}

void *td_region_take(struct td_region *region, const char *name, size_t bytes)
{
    TD_ASSERT(!region->sealed, "memory is taken before the seal");
    TD_ASSERT(region->part_count < TD_REGION_PARTS_MAX, "the memory map has room for every part");
    size_t offset = round_up(region->used, 64);
    TD_ASSERT(offset <= region->bytes && bytes <= region->bytes - offset,
              "the memory plan covers every part");
    region->part[region->part_count++] = (struct td_region_part){name, offset, bytes};
    region->used = offset + bytes;
    return region->base + offset;
}

void td_region_seal(struct td_region *region, bool lock)
{
    region->sealed = true;
    /* On fault: what is touched stays, what is only reserved costs nothing. */
    if (lock && region->used && mlock2(region->base, region->used, MLOCK_ONFAULT) != 0)
        TD_WARN("base", "event=memory_not_locked bytes=%zu hint=\"raise the memlock limit\"",
                region->used);
}

static void print_json(const struct td_region *region, FILE *out)
{
    fputs("[", out);
    for (unsigned i = 0; i < region->part_count; i++)
        fprintf(out, "%s{\"name\":\"%s\",\"bytes\":%zu}", i ? "," : "", region->part[i].name,
                region->part[i].bytes);
    fputs("]\n", out);
}

void td_region_print(const struct td_region *region, FILE *out, bool json)
{
    if (json) {
        print_json(region, out);
        return;
    }
    for (unsigned i = 0; i < region->part_count; i++)
        fprintf(out, "%-28s %12zu B %9.2f MiB\n", region->part[i].name, region->part[i].bytes,
                (double)region->part[i].bytes / (1 << 20));
    fprintf(out, "%-28s %12zu B %9.2f MiB\n", "sum", region->used,
            (double)region->used / (1 << 20));
}
