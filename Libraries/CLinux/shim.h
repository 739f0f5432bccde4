// What Swift's Glibc module leaves out. From <malloc.h>:
int mallopt(int parameter, int value);
enum { AKIBA_M_TRIM_THRESHOLD = -1, AKIBA_M_MMAP_THRESHOLD = -3 };

// The time a file was made, which stat does not tell.
#include <linux/stat.h>
int statx(int folder, const char *path, int flags, unsigned int mask, struct statx *result);
enum { AKIBA_AT_EMPTY_PATH = 0x1000 };
