"""Where things are in the painted panorama; degrees to pixels at the size of 1080p."""

pixels_per_degree = 32  # 1920 pixels show 60 degrees at zoom 1
width = 240 * pixels_per_degree  # pan -90..90 and half a view on each side
top_degrees, bottom_degrees = 57, -37  # tilt -20..40 and half a view above and below
height = (top_degrees - bottom_degrees) * pixels_per_degree
middle = width // 2
horizon = top_degrees * pixels_per_degree

fence_base = horizon + 160  # where the school's ground ends and the pavement begins
curb = fence_base + 150
road_end = curb + 420
gate_left, gate_right = middle + 150, middle + 490  # the opening
