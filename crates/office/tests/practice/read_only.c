/* Loaded before libc: while the file $FIRSTRING_READ_ONLY is there, nothing can be written to the file system of
   $FIRSTRING_DISK, as when a kernel has turned a failing disk read-only under an open database. An orderly remount would be
   refused while a file on it is open for writing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int refused(int fd) {
    struct stat disk, file;
    const char *sign = getenv("FIRSTRING_READ_ONLY"), *dir = getenv("FIRSTRING_DISK");
    int before = errno;
    int is = sign && dir && access(sign, F_OK) == 0 && stat(dir, &disk) == 0 && fstat(fd, &file) == 0 &&
             disk.st_dev == file.st_dev;
    errno = is ? EROFS : before;
    return is;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    return refused(fd) ? -1 : next(fd, bytes, count);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    ssize_t (*next)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    return refused(fd) ? -1 : next(fd, bytes, count, at);
}

int ftruncate64(int fd, off64_t length) {
    int (*next)(int, off64_t) = dlsym(RTLD_NEXT, "ftruncate64");
    return refused(fd) ? -1 : next(fd, length);
}
