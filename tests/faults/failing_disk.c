/* A disk that fails: preloaded, it lets the k-th fsync, fdatasync or pwrite on the files of a store fail
 * with EIO. Settings are read at every call, so that a forked child can make its own:
 *   FAIL_CALL  "sync" or "write"     FAIL_AT  k, from 1     FAIL_ON  "1": every call from k on, else once
 *   FAIL_MARK  descriptor that gets the line "failed" when it happens
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long calls;

static int fails(int fd, const char *kind) {
    const char *wanted = getenv("FAIL_CALL"), *at = getenv("FAIL_AT"), *on = getenv("FAIL_ON");
    const char *mark = getenv("FAIL_MARK");
    char link[64], path[512];
    if (!wanted || !at || strcmp(wanted, kind) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (!strstr(path, "tracedesk.sqlite") && !strstr(path, "/state")) return 0;
    long now = __sync_add_and_fetch(&calls, 1);
    if (now != atol(at) && !(now > atol(at) && on && on[0] == '1')) return 0;
    if (mark && write(atoi(mark), "failed\n", 7) < 0) return 0;
    errno = EIO;
    return 1;
}

int fsync(int fd) {
    int (*next)(int) = dlsym(RTLD_NEXT, "fsync");
    return fails(fd, "sync") ? -1 : next(fd);
}

int fdatasync(int fd) {
    int (*next)(int) = dlsym(RTLD_NEXT, "fdatasync");
    return fails(fd, "sync") ? -1 : next(fd);
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t at) {
    ssize_t (*next)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
    return fails(fd, "write") ? -1 : next(fd, data, count, at);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t at) {
    ssize_t (*next)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    return fails(fd, "write") ? -1 : next(fd, data, count, at);
}
