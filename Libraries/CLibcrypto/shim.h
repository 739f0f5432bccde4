// SHA256_CTX is wanted for its open state: a file's digest goes on where the last backup stopped.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
