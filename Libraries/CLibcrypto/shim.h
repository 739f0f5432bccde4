// SHA256_CTX is wanted for its open state: a file's digest goes on where the last backup stopped.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// What Swift does not import: macros made of macros, a union, and stacks, whose functions are macros.
enum {
  AKIBA_NAME_FLAGS = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB,
  AKIBA_PEM_NO_START_LINE = PEM_R_NO_START_LINE,
  AKIBA_PEM_LIBRARY = ERR_LIB_PEM,
};

static inline long akiba_error_library(unsigned long code) { return ERR_GET_LIB(code); }
static inline long akiba_error_reason(unsigned long code) { return ERR_GET_REASON(code); }

// A certificate's alternative names, to be freed with GENERAL_NAMES_free. Null: it has none, or they do not decode.
static inline GENERAL_NAMES *akiba_alternative_names(const X509 *certificate) {
  return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, 0, 0);
}

static inline int akiba_name_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

// The bytes of a name that is a DNS name; null for another kind. They belong to `names`.
static inline const unsigned char *akiba_dns_name(const GENERAL_NAMES *names, int index, int *count) {
  const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
  if (name->type != GEN_DNS) return 0;
  *count = ASN1_STRING_length(name->d.dNSName);
  return ASN1_STRING_get0_data(name->d.dNSName);
}
