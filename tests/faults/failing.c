/* Loaded before the C library (LD_PRELOAD): what would be written below FAULT_UNDER fails at an operation of choice.
 *
 * An operation opens a file to write, writes, cuts, flushes, moves, links or makes a folder. The file FAULT_COUNT holds
 * four numbers: how many operations all processes together have come to; which of them fails, from 1 on; with which
 * error; and whether all after it fail, too, as on a disk that is full.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

static struct { int64_t count, at, error, lasts; } *told;
static char under[PATH_MAX];

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("FAULT_COUNT"), *folder = getenv("FAULT_UNDER");
    if (!file || !folder || !realpath(folder, under))
        return;
    int descriptor = REAL(open)(file, O_RDWR);
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
}

static int fails(const char *path) {
    size_t length = strlen(under);
    if (!told || strncmp(path, under, length) || path[length] != '/')
        return 0;
    int64_t now = __atomic_add_fetch(&told->count, 1, __ATOMIC_SEQ_CST);
    if (!told->at || now < told->at || (now > told->at && !told->lasts))
        return 0;
    errno = told->error;
    return 1;
}

static int fails_open(int descriptor) {
    char link[32], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return fails(path);
}

static int fails_named(int folder, const char *name) {
    char path[2 * PATH_MAX], link[32];
    ssize_t length;
    if (name[0] == '/')
        return fails(name);
    if (folder == AT_FDCWD)
        length = getcwd(path, PATH_MAX) ? (ssize_t)strlen(path) : -1;
    else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        length = readlink(link, path, PATH_MAX);
    }
    if (length < 0)
        return 0;
    snprintf(path + length, PATH_MAX, "/%s", name);
    return fails(path);
}

#define WRITES(flags) ((flags) & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC))
#define MODE(flags)                                                                                                     \
    mode_t mode = 0;                                                                                                    \
    if ((flags) & O_CREAT) {                                                                                            \
        va_list rest;                                                                                                   \
        va_start(rest, flags);                                                                                          \
        mode = va_arg(rest, mode_t);                                                                                    \
        va_end(rest);                                                                                                   \
    }
#define OPEN(name)                                                                                                      \
    int name(const char *path, int flags, ...) {                                                                        \
        MODE(flags)                                                                                                     \
        return WRITES(flags) && fails_named(AT_FDCWD, path) ? -1 : REAL(name)(path, flags, mode);                       \
    }
#define OPENAT(name)                                                                                                    \
    int name(int folder, const char *path, int flags, ...) {                                                            \
        MODE(flags)                                                                                                     \
        return WRITES(flags) && fails_named(folder, path) ? -1 : REAL(name)(folder, path, flags, mode);                 \
    }
#define FOPEN(name)                                                                                                     \
    FILE *name(const char *path, const char *mode) {                                                                    \
        return strpbrk(mode, "wa+") && fails_named(AT_FDCWD, path) ? NULL : REAL(name)(path, mode);                     \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
FOPEN(fopen)
FOPEN(fopen64)

#define ON_OPEN(type, name, arguments, values)                                                                          \
    type name arguments { return fails_open(descriptor) ? -1 : REAL(name) values; }
ON_OPEN(ssize_t, write, (int descriptor, const void *from, size_t size), (descriptor, from, size))
ON_OPEN(ssize_t, writev, (int descriptor, const struct iovec *from, int n), (descriptor, from, n))
ON_OPEN(ssize_t, pwrite, (int descriptor, const void *from, size_t size, off_t to), (descriptor, from, size, to))
ON_OPEN(ssize_t, pwrite64, (int descriptor, const void *from, size_t size, off64_t to), (descriptor, from, size, to))
ON_OPEN(int, ftruncate, (int descriptor, off_t size), (descriptor, size))
ON_OPEN(int, ftruncate64, (int descriptor, off64_t size), (descriptor, size))
ON_OPEN(int, fsync, (int descriptor), (descriptor))
ON_OPEN(int, fdatasync, (int descriptor), (descriptor))

size_t fwrite(const void *from, size_t size, size_t n, FILE *file) {
    return fails_open(fileno(file)) ? 0 : REAL(fwrite)(from, size, n, file);
}
int fflush(FILE *file) { return file && fails_open(fileno(file)) ? EOF : REAL(fflush)(file); }

#define NAMED(name, folder, target, arguments, values)                                                                  \
    int name arguments { return fails_named(folder, target) ? -1 : REAL(name) values; }
NAMED(rename, AT_FDCWD, to, (const char *from, const char *to), (from, to))
NAMED(renameat, tos, to, (int froms, const char *from, int tos, const char *to), (froms, from, tos, to))
NAMED(link, AT_FDCWD, to, (const char *from, const char *to), (from, to))
NAMED(linkat, tos, to, (int froms, const char *from, int tos, const char *to, int how), (froms, from, tos, to, how))
NAMED(symlink, AT_FDCWD, to, (const char *from, const char *to), (from, to))
NAMED(mkdir, AT_FDCWD, to, (const char *to, mode_t mode), (to, mode))
NAMED(mkdirat, folder, to, (int folder, const char *to, mode_t mode), (folder, to, mode))
