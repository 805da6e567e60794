# What Doxygen sees of a header: its first comment as the documentation of the file, which to people is an ordinary one.
# A few lines are added, so that warnings name a line a little further down.
NR == 1 { print "/** @file\n@brief" substr($0, 3); inside = 1; next }
inside && /^\/\/$/ { print ""; next }
inside && /^\/\/ (Contract|Concurrency|Limits):/ {
  sub(/^\/\/ /, "")
  sub(/:/, ":</b>")
  print "\n<b>" $0
  next
}
inside && /^\/\// { print substr($0, 4); next }
inside { print "*/"; inside = 0; next }
# Nor what stands outside of our namespace: macros of CAF, and a specialization of std::hash, which confuses it.
/^namespace/ { outside = 0 }
!outside { print }
/^}  \/\/ namespace/ { outside = 1 }
