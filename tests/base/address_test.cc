#include "base/address.h"

#include <string>

#include <gtest/gtest.h>

namespace pawl {
namespace {

bool Contains(std::string_view networks, std::string_view address) {
  const std::optional<Networks> parsed = Networks::Parse(networks);
  EXPECT_TRUE(parsed.has_value()) << networks;
  return parsed.has_value() && parsed->Contain(address);
}

TEST(IsLoopback, IsTrueForThisHostOnly) {
  for (const char* host :
       {"127.0.0.1", "127.255.0.9", "::1", "[::1]", "localhost"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
  for (const char* host :
       {"", "0.0.0.0", "128.0.0.1", "::", "[::]", "[::1", "::2", "127.1",
        "localhost.example", "LOCALHOST", "example", "::ffff:127.0.0.1"}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
  EXPECT_FALSE(IsLoopback(std::string("127.0.0.1\0.example", 18)));
  EXPECT_FALSE(IsLoopback(std::string("::1\0", 4)));
}

TEST(PlaceOf, AnIpv4AddressIsItselfHoweverItIsWritten) {
  for (const char* text : {"192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201",
                           "::FFFF:C000:0201", "0:0:0:0:0:ffff:192.0.2.1"}) {
    EXPECT_EQ(PlaceOf(text), "192.0.2.1") << text;
  }
  EXPECT_EQ(PlaceOf("192.0.2.2"), "192.0.2.2");
  EXPECT_EQ(PlaceOf("0.0.0.0"), "0.0.0.0");
  EXPECT_EQ(PlaceOf("255.255.255.255"), "255.255.255.255");
}

TEST(PlaceOf, AnIpv6AddressIsItsHousehold) {
  for (const char* text :
       {"2001:db8:1:2::", "2001:db8:1:2::1", "2001:DB8:1:2:ffff:ffff:ffff:ffff",
        "2001:0db8:0001:0002:8000::", "2001:db8:1:2::192.0.2.1"}) {
    EXPECT_EQ(PlaceOf(text), "2001:db8:1:2::/64") << text;
  }
  EXPECT_EQ(PlaceOf("2001:db8:1:3::1"), "2001:db8:1:3::/64");  // the next one
  EXPECT_EQ(PlaceOf("2001:db8:1:8002::1"), "2001:db8:1:8002::/64");
  EXPECT_EQ(PlaceOf("::1"), "::/64");
  EXPECT_EQ(PlaceOf("ffff::ffff:192.0.2.1"), "ffff::/64");  // not IPv4
}

TEST(PlaceOf, AnyOtherTextIsAsItIs) {
  const std::string cases[] = {
      "",
      "*",
      "unknown",
      "192.0.2.1:443",
      "192.0.2.1 ",
      " 192.0.2.1",
      "192.0.2",
      "192.0.2.256",
      "192.0.2.1/24",
      "[2001:db8::1]",
      "2001:db8::1/64",
      "fe80::1%eth0",
      "2001:db8::1::2",
      "example.org",
      "\xff",
      std::string("192.0.2.1\0x", 11),
      std::string("2001:db8::1\0", 12),
      std::string(1000, 'x'),
  };
  for (const std::string& text : cases) {
    EXPECT_EQ(PlaceOf(text), text);
  }
}

struct EdgeCase {
  const char* network = "";
  const char* inside[2] = {};   // first and last address
  const char* outside[2] = {};  // one before, one behind
};

TEST(Networks, EndWhereTheirBitsSay) {
  const EdgeCase cases[] = {
      {"128.0.0.0/1",
       {"128.0.0.0", "255.255.255.255"},
       {"127.255.255.255", "0.0.0.0"}},
      {"10.128.0.0/9",
       {"10.128.0.0", "10.255.255.255"},
       {"10.127.255.255", "11.0.0.0"}},
      {"192.0.2.0/24",
       {"192.0.2.0", "192.0.2.255"},
       {"192.0.1.255", "192.0.3.0"}},
      {"192.0.2.4/30", {"192.0.2.4", "192.0.2.7"}, {"192.0.2.3", "192.0.2.8"}},
      {"192.0.2.4/31", {"192.0.2.4", "192.0.2.5"}, {"192.0.2.3", "192.0.2.6"}},
      {"192.0.2.4/32", {"192.0.2.4", "192.0.2.4"}, {"192.0.2.3", "192.0.2.5"}},
      {"192.0.2.4", {"192.0.2.4", "192.0.2.4"}, {"192.0.2.3", "192.0.2.5"}},
      {"8000::/1",
       {"8000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
       {"7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::"}},
      {"2001:db8::/31",
       {"2001:db8::", "2001:db9:ffff:ffff:ffff:ffff:ffff:ffff"},
       {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:dba::"}},
      {"2001:db8::/32",
       {"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"},
       {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"}},
      {"2001:db8::/33",
       {"2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"},
       {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8:8000::"}},
      {"2001:db8::2/127",
       {"2001:db8::2", "2001:db8::3"},
       {"2001:db8::1", "2001:db8::4"}},
      {"2001:db8::2/128",
       {"2001:db8::2", "2001:db8::2"},
       {"2001:db8::1", "2001:db8::3"}},
      {"2001:db8::2",
       {"2001:db8::2", "2001:db8::2"},
       {"2001:db8::1", "2001:db8::3"}},
  };
  for (const EdgeCase& one : cases) {
    for (const char* address : one.inside) {
      EXPECT_TRUE(Contains(one.network, address))
          << one.network << " " << address;
    }
    for (const char* address : one.outside) {
      EXPECT_FALSE(Contains(one.network, address))
          << one.network << " " << address;
    }
  }
}

TEST(Networks, OfNoBitsHaveAllOfTheirFamily) {
  for (const char* address :
       {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::ffff:192.0.2.1"}) {
    EXPECT_TRUE(Contains("0.0.0.0/0", address)) << address;
    EXPECT_TRUE(Contains("::/0", address)) << address;
  }
  for (const char* address :
       {"::", "::1", "2001:db8::1", "ffff::", "::fffe:192.0.2.1"}) {
    EXPECT_FALSE(Contains("0.0.0.0/0", address)) << address;
    EXPECT_TRUE(Contains("::/0", address)) << address;
  }
}

TEST(Networks, TakeIpv4WrittenAsIpv6ForWhatItIs) {
  EXPECT_TRUE(Contains("192.0.2.0/24", "::ffff:192.0.2.7"));
  EXPECT_FALSE(Contains("192.0.2.0/24", "::ffff:192.0.3.7"));
  EXPECT_TRUE(Contains("::ffff:192.0.2.0/120", "192.0.2.7"));
  EXPECT_FALSE(Contains("::ffff:192.0.2.0/120", "192.0.3.7"));
  EXPECT_TRUE(Contains("::ffff:192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(Contains("192.0.2.0/24", "2001:db8::192.0.2.7"));
}

TEST(Networks, BitsBehindTheNetworkPlayNoPart) {
  EXPECT_TRUE(Contains("192.0.2.77/24", "192.0.2.1"));
  EXPECT_TRUE(Contains("2001:db8::77/64", "2001:db8::1"));
}

TEST(Networks, MayBeManyOrNone) {
  const std::string_view several =
      "  192.0.2.0/24   2001:db8::/32 198.51.100.7 ";
  EXPECT_TRUE(Contains(several, "192.0.2.9"));
  EXPECT_TRUE(Contains(several, "2001:db8::9"));
  EXPECT_TRUE(Contains(several, "198.51.100.7"));
  EXPECT_FALSE(Contains(several, "198.51.100.8"));
  for (const char* none : {"", " ", "   "}) {
    EXPECT_FALSE(Contains(none, "192.0.2.1"));
    EXPECT_FALSE(Contains(none, "::"));
  }
  EXPECT_FALSE(Networks().Contain("192.0.2.1"));
}

TEST(Networks, WhatIsNoAddressIsInNone) {
  for (const std::string& text :
       {std::string(), std::string("*"), std::string("unknown"),
        std::string("192.0.2.1:1"), std::string("192.0.2.0/24"),
        std::string("fe80::1%eth0"), std::string("192.0.2.1\0", 10),
        std::string("192.0.2.1\0x", 11)}) {
    EXPECT_FALSE(Contains("0.0.0.0/0 ::/0", text)) << text;
  }
}

TEST(Networks, OneThatIsNoneSpoilsAll) {
  const std::string cases[] = {
      "192.0.2.0/33",
      "192.0.2.0/129",
      "2001:db8::/129",
      "2001:db8::/4294967296",
      "2001:db8::/99999999999999999999",
      "192.0.2.0/",
      "192.0.2.0/-1",
      "192.0.2.0/+8",
      "192.0.2.0/8x",
      "192.0.2.0/0x8",
      "192.0.2.0/8/8",
      "192.0.2.0/255.255.255.0",
      "/24",
      "/",
      "192.0.2/24",
      "192.0.2.256/24",
      "example.org",
      "localhost",
      "[::1]/128",
      "192.0.2.0/24,198.51.100.0/24",
      "192.0.2.0/24\t198.51.100.0/24",
      "192.0.2.0 /24",
      "192.0.2.0/24\n",
      std::string("192.0.2.0\0/24", 13),
      std::string("192.0.2.0/24\0", 13),
  };
  for (const std::string& text : cases) {
    EXPECT_FALSE(Networks::Parse(text).has_value()) << text;
    EXPECT_FALSE(Networks::Parse("::1 " + text + " 192.0.2.1").has_value())
        << text;
  }
}

}  // namespace
}  // namespace pawl
